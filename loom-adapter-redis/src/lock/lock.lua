-- Shared beginning of the scripts of locks. Follows clock.lua.
--
-- A lock that somebody has is token, until, owner: what is left of it is nothing once it is released.
local function big(number) return struct.pack('>I8', number) end

local function ends_of(lock) return (struct.unpack('>I8', lock, 9)) end

local function keep(key, now, lock)
  local ends = ends_of(lock)
  if ends >= FOREVER then return redis.call('SET', key, lock) end
  redis.call('SET', key, lock, 'PX', ttl(now, ends))
end

-- What the keys hold, for the script to note in what it changes: it reads once, and then writes.
local function read()
  local found, values = redis.call('MGET', unpack(KEYS)), {}
  for index, key in ipairs(KEYS) do values[key] = found[index] end
  return values
end
