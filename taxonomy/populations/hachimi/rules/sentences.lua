-- R13d: a text whose sentences are cut alike reads like a form. It objects when at least four sentences, and more
-- than half of all, begin with the same three words (in Chinese four characters).

local fields = {"development", "learning", "personality", "values", "social_relations", "creativity", "mental_health"}

local function beginning(sentence)
  local words = text.words(sentence)
  local han = #words > 0 and string.byte(words[1]) >= 0x80
  local n = han and 4 or 3
  if #words <= n then return nil end
  return table.concat(words, han and "" or " ", 1, n)
end

local function most_frequent(sentences)
  local times, most = {}, nil
  for _, sentence in ipairs(sentences) do
    local first = beginning(sentence)
    if first then
      times[first] = (times[first] or 0) + 1
      if not most or times[first] > times[most] then most = first end
    end
  end
  return most, most and times[most] or 0
end

function alike(persona)
  local objections = {}
  for _, field in ipairs(fields) do
    local said = persona[field]
    if said then
      local sentences = text.sentences(said)
      local first, n = most_frequent(sentences)
      if n >= 4 and 2 * n > #sentences then
        local message = n .. " of " .. #sentences .. " sentences begin with \"" .. first .. "\""
        if string.byte(first) >= 0x80 then message = #sentences .. "句里有" .. n .. "句以“" .. first .. "”开头" end
        table.insert(objections, {field = field, message = message})
      end
    end
  end
  return objections
end
