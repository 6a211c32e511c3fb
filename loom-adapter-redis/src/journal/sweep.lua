-- Removes marks that have expired. Done in part it is done in part: the rest is found again.
--
-- KEYS: ends of marks
-- ARGV: the bound of what has expired, the most marks, the beginning of keys of marks
-- Returns whether there may be more.
local ends = redis.call('ZRANGEBYLEX', KEYS[1], '-', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, member in ipairs(ends) do
  local split = string.find(member, '\0', 9, true)
  local marks, key = ARGV[3] .. string.sub(member, 9, split - 1), string.sub(member, split + 1)
  -- A mark that was replaced has another end, and one of a deleted actor is gone.
  if redis.call('HSTRLEN', marks, key) > 0 then
    local mark = redis.call('HGET', marks, key)
    if string.sub(mark, 1, 8) == string.sub(member, 1, 8) then redis.call('HDEL', marks, key) end
  end
  redis.call('ZREM', KEYS[1], member)
end
return #ends == tonumber(ARGV[2]) and 1 or 0
