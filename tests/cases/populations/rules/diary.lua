-- Two ways home that are not the same, nobody under 18 in a car, and a diary that is not all about "them".
function check(persona)
  if persona.home_way == persona.way then
    return {field = "home_way", message = "goes home by " .. persona.way .. " as in the morning"}
  end
  if persona.age < 18 and persona.home_way == "car" then return {field = "home_way", message = "is too young for a car"} end
  local begun = 0
  for _, sentence in ipairs(text.sentences(persona.monday)) do
    if text.words(sentence)[1] == "they" then begun = begun + 1 end
  end
  if begun > 2 then
    return {field = "monday", message = begun .. " sentences begin with They", hint = "begin sentences otherwise"}
  end
end
