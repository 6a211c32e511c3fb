-- Takes a name for a proposal, for the moment in which its token is agreed on.
--
-- KEYS: this server, names and who has them, when they end
-- ARGV: run, now, time source, name, proposal, time to confirm in milliseconds
-- Returns {'taken', generation, least token}, {'busy', until}, {'contended', until} if it is
-- taken and not confirmed, or {'forgot'}.
local server = redis.call('HMGET', KEYS[1], 'run', 'generation', 'token')
if server[1] ~= ARGV[1] then return {'forgot'} end
local now, offset = clock(ARGV[2], ARGV[3])

-- A few of those that nobody let go of.
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', text(now), 'LIMIT', 0, 8)) do
  redis.call('ZREM', KEYS[3], name)
  redis.call('HDEL', KEYS[2], name)
end

local proposal, token, released, ends = record(ARGV[4])
if proposal ~= '-' and ends > now then
  return {token == '0' and 'contended' or 'busy', told(ends, offset)}
end
write(ARGV[4], ARGV[5], '0', released, after(now, ARGV[6]))
return {'taken', server[2], text(math.max(tonumber(server[3]) + 1, micros()))}
