-- Lists the hosts whose time has not ended.
--
-- KEYS: details of hosts, ends of hosts
-- ARGV: now, time source
-- Returns for each its name, its details and its end.
local now, offset = clock(ARGV[1], ARGV[2])
local ends = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. text(now), '+inf', 'WITHSCORES')
local members = {}
for index = 1, #ends, 2 do
  members[#members + 1] = ends[index]
  members[#members + 1] = redis.call('HGET', KEYS[1], ends[index])
  members[#members + 1] = told(tonumber(ends[index + 1]), offset)
end
return members
