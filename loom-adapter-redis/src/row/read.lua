-- Reads parts of a space.
--
-- KEYS: rows, keys in their order
-- ARGV: now, time source, the most rows of a range, the most bytes of it, then for each part either
--   'row', key or 'range', from, to, limit, '1' if backwards
-- Returns {the time of the store, then for each part {'1' if more follow, keys and values}}.
local now = clock(ARGV[1], ARGV[2])
local rows_max, bytes_max = tonumber(ARGV[3]), tonumber(ARGV[4])
local found = {text(now)}
local at = 5
while ARGV[at] do
  local part = {''}
  if ARGV[at] == 'row' then
    local value = redis.call('HGET', KEYS[1], ARGV[at + 1])
    if value then part[2], part[3] = ARGV[at + 1], value end
    at = at + 2
  else
    local limit = math.min(tonumber(ARGV[at + 3]), rows_max)
    local from, to = '[' .. ARGV[at + 1], '(' .. ARGV[at + 2]
    local keys
    if ARGV[at + 4] == '1' then
      keys = redis.call('ZREVRANGEBYLEX', KEYS[2], to, from, 'LIMIT', 0, limit + 1)
    else
      keys = redis.call('ZRANGEBYLEX', KEYS[2], from, to, 'LIMIT', 0, limit + 1)
    end
    local bytes = 0
    for index, key in ipairs(keys) do
      if index > limit or bytes > bytes_max then
        part[1] = '1'
        break
      end
      local value = redis.call('HGET', KEYS[1], key)
      part[#part + 1] = key
      part[#part + 1] = value
      bytes = bytes + #value
    end
    at = at + 5
  end
  found[#found + 1] = part
end
return found
