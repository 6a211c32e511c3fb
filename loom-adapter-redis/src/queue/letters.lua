-- Lists dead letters.
--
-- KEYS: letters, bodies of letters
-- ARGV: the bound at which to begin, the most letters
-- Returns {the place at which the rest begins or '', ids and letters}.
local places = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], '+', 'LIMIT', 0, tonumber(ARGV[2]) + 1)
local found = {''}
for index, place in ipairs(places) do
  if index > tonumber(ARGV[2]) then
    found[1] = place
    break
  end
  local id = string.sub(place, 9)
  found[#found + 1] = id
  found[#found + 1] = redis.call('HGET', KEYS[2], id)
end
return found
