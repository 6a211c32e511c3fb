-- Shared by the scripts that know who has a name. That is kept as 'proposal token released': the
-- token is 0 until it is confirmed, and the last is the greatest that was released here, so that a
-- server which missed a release cannot bring the lease back. A name that nobody has, but somebody
-- released, has the proposal '-'.
local DAY = 86400000

local function record(name)
  local found = redis.call('HGET', KEYS[2], name)
  if not found then return '-', '0', '0', -1 end
  local proposal, token, released = string.match(found, '^(%S+) (%S+) (%S+)$')
  return proposal, token, released, tonumber(redis.call('ZSCORE', KEYS[3], name) or -1)
end

local function write(name, proposal, token, released, ends)
  redis.call('HSET', KEYS[2], name, proposal .. ' ' .. token .. ' ' .. released)
  redis.call('ZADD', KEYS[3], text(ends), name)
end
