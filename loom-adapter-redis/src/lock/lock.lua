-- Shared beginning of the scripts of a lock. Follows clock.lua.
--
-- A lock that somebody has is 'token until owner'.
local function find(key)
  local token, ends, owner = string.match(redis.call('GET', key) or '', '^(%d+) (%d+) (.*)$')
  return token, tonumber(ends), owner
end

local function keep(key, now, token, ends, owner)
  local lock = token .. ' ' .. text(ends) .. ' ' .. owner
  if ends >= FOREVER then return redis.call('SET', key, lock) end
  redis.call('SET', key, lock, 'PX', ttl(now, ends))
end
