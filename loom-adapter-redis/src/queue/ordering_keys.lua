-- Lists ordering keys, each once.
--
-- KEYS: lines
-- ARGV: the most keys
-- Returns the keys as 8 bytes.
local keys, from = {}, '-'
for _ = 1, tonumber(ARGV[1]) do
  local first = redis.call('ZRANGEBYLEX', KEYS[1], from, '+', 'LIMIT', 0, 1)[1]
  if not first then break end
  local key = string.sub(first, 1, 8)
  keys[#keys + 1] = key
  from = '(' .. key .. string.rep('\255', 9)
end
return keys
