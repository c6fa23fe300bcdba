-- post.lua: for wrk. Posts a facet's request (two texts, a choice, a list: about 3 KB of answer), each with a seed of its own.
local system = [[You write a person's portrait.\n\nWrite plain English. Use concrete scenes instead of adjectives.\n]] ..
    [[Each of the dimensions of values is named and followed closely by its level word, exactly as given.\n]] ..
    [[Answer with one JSON object that has exactly these fields:\n]] ..
    [[- \"values\" (text, 150 to 250 words, 1 paragraph): all dimensions, each with its level word and a reason\n]] ..
    [[- \"story\" (text, 180 to 260 words, 1 to 3 paragraphs): one day, third person\n]] ..
    [[- \"mood\" (one of: calm | tense | cheerful)\n- \"loves\" (list of 5, each: text, 1 to 8 words)]]
local user = [[The person: Ada Smith, woman, 42 years.\nWork: baker\nLevels of the dimensions of values:\n]] ..
    [[- moral character: fairly low\n- rule of law: medium\n- social responsibility: above medium\n]] ..
    [[- civic identity: low\n- cultural literacy: high\n- family values: medium\n]]
local schema = [[{"type":"object","properties":{"values":{"type":"string"},"story":{"type":"string"},]] ..
    [["mood":{"type":"string","enum":["calm","tense","cheerful"]},]] ..
    [["loves":{"type":"array","items":{"type":"string"},"minItems":5,"maxItems":5}},]] ..
    [["required":["values","story","mood","loves"],"additionalProperties":false}]]
local head = [[{"model":"sim","messages":[{"role":"system","content":"]] .. system .. [["},{"role":"user","content":"]] .. user ..
    [["}],"response_format":{"type":"json_schema","json_schema":{"name":"portrait","strict":true,"schema":]] .. schema ..
    [[}},"max_tokens":1500,"temperature":1.0,"seed":]]
local seed = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"

function request()
    seed = seed + 1024
    return wrk.format(nil, "/v1/chat/completions", nil, head .. seed .. "}")
end
