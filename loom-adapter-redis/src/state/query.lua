-- Reads a part of the states of a kind.
--
-- KEYS: states, names
-- ARGV: the bound at which to begin, the most states, their most bytes
-- Returns {the key at which the rest begins or '', keys and states}.
local keys = redis.call('ZRANGEBYLEX', KEYS[2], ARGV[1], '+', 'LIMIT', 0, tonumber(ARGV[2]) + 1)
local found, bytes = {''}, 0
for index, key in ipairs(keys) do
  if index > tonumber(ARGV[2]) or (index > 1 and bytes >= tonumber(ARGV[3])) then
    found[1] = key
    break
  end
  local state = redis.call('HGET', KEYS[1], key)
  found[#found + 1] = key
  found[#found + 1] = state
  bytes = bytes + #state
end
return found
