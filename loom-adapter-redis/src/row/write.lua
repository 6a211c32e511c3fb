-- Makes changes together, if rows are as they are expected.
--
-- KEYS: rows, keys in their order
-- ARGV: the number of rows that are expected, for each of them its key, '1' if there is one, and its
--   value; then for each change 'put', key, value, or 'remove', key, or 'add', key, number
-- Returns 'done' or 'conflict'.
local at = 2
for _ = 1, tonumber(ARGV[1]) do
  local value = redis.call('HGET', KEYS[1], ARGV[at])
  if (value or '') ~= ARGV[at + 2] or (value and '1' or '') ~= ARGV[at + 1] then return 'conflict' end
  at = at + 3
end
-- Whoever waits for replicas waits for the last write of its connection.
if not ARGV[at] and ARGV[3] == '1' then redis.call('HSET', KEYS[1], ARGV[2], ARGV[4]) end
while ARGV[at] do
  local change, key = ARGV[at], ARGV[at + 1]
  at = at + 3
  if change == 'put' then
    redis.call('HSET', KEYS[1], key, ARGV[at - 1])
    redis.call('ZADD', KEYS[2], 0, key)
  elseif change == 'add' then
    redis.call('HINCRBY', KEYS[1], key, ARGV[at - 1])
    redis.call('ZADD', KEYS[2], 0, key)
  else
    redis.call('HDEL', KEYS[1], key)
    redis.call('ZREM', KEYS[2], key)
    at = at - 1
  end
end
return 'done'
