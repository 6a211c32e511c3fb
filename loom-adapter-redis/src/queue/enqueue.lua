-- Accepts messages.
--
-- ARGV: now, time source, channel of the bell, name of the queue; then for each message: id, zero and
--   body; priority; when it is visible; dedup key or ''; until when that is kept; ordering key or ''
-- Returns for each message 1 accepted or 0 duplicate.
local now, offset = clock(ARGV[1], ARGV[2])
local was_idle, was_due = is_idle(), next_due()
local all_woken = wake(now)
local messages = (#ARGV - 4) / 6

-- Forgets keys faster than new ones come.
local function forget()
  local keys = redis.call(
    'ZRANGEBYSCORE', DEDUP, '-inf', text(now), 'LIMIT', 0, 100 + 2 * messages)
  for _, key in ipairs(keys) do remove('ZREM', DEDUP, key) end
end

local answers, keeps = {}, false
for index = 1, messages do
  local at = 4 + 6 * (index - 1)
  local key, line = ARGV[at + 4], ARGV[at + 6] ~= '' and ARGV[at + 6]
  local known = key ~= '' and redis.call('ZSCORE', DEDUP, key)
  if known and tonumber(known) > now then
    answers[index] = 0
  else
    if key ~= '' then
      if not keeps then forget() end
      zadd_now(DEDUP, text(taken(ARGV[at + 5], offset)), key)
      keeps = true
    end
    add(ARGV[at + 1], tonumber(ARGV[at + 2]), line, taken(ARGV[at + 3], offset), now, all_woken)
    answers[index] = 1
  end
end
if keeps then
  expire(DEDUP, now, tonumber(redis.call('ZREVRANGE', DEDUP, 0, 0, 'WITHSCORES')[2]))
end
finish()
-- Whoever waits has seen that nothing is visible, and when the next message will be.
if was_idle and (not is_idle() or next_due() < was_due) then
  redis.call('PUBLISH', ARGV[3], ARGV[4])
end
return answers
