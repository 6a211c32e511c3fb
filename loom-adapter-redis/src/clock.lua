-- Shared beginning of the scripts that need the time.
--
-- The time of the store is that of its server, so that hosts whose clocks differ agree on what has
-- ended; a caller's times are moved by the difference between its clock and the server's on their
-- way in, and moved back on their way out. With the source 'given' the caller's time is taken as it is.

-- The greatest whole number that every number up to it can be told from. Stands for "never".
local FOREVER = 9007199254740991

local function text(number) return string.format('%.0f', number) end

-- The server's time, which does not pass while a script runs.
local asked
local function micros()
  if not asked then
    local time = redis.call('TIME')
    asked = tonumber(time[1]) * 1000000 + tonumber(time[2])
  end
  return asked
end

-- The time of the store, and what to add to it for the time of the caller.
local function clock(given, source)
  local now = tonumber(given)
  if source == 'given' then return now, 0 end
  local server = math.floor(micros() / 1000)
  return server, now - server
end

local function after(now, millis) return math.min(now + tonumber(millis), FOREVER) end

-- A caller's time as one of the store.
local function taken(at, offset)
  at = tonumber(at)
  if at >= FOREVER then return FOREVER end
  return math.max(at - offset, 0)
end

-- A time of the store as one of the caller.
local function told(at, offset)
  if at >= FOREVER then return text(FOREVER) end
  return text(math.max(at + offset, 0))
end

-- For how long a key is kept: until an hour after nobody can ask for it any more.
local function ttl(now, at) return text(math.max(at - now, 0) + 3600000) end

-- Ends a key of its own accord.
local function expire(key, now, at)
  if at >= FOREVER then return redis.call('PERSIST', key) end
  redis.call('PEXPIRE', key, ttl(now, at))
end
