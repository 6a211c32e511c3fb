-- Accepts messages.
--
-- ARGV: now, time source, channel of the bell, name of the queue; then for each message: id, zero and
--   body; priority; when it is visible; dedup key or ''; until when that is kept; ordering key or ''
-- Returns for each message 1 accepted or 0 duplicate.
local now, offset = clock(ARGV[1], ARGV[2])
local was_idle = is_idle()
local all_woken = wake(now)
local messages = (#ARGV - 4) / 6

local forgotten = redis.call(
  'ZRANGEBYSCORE', DEDUP, '-inf', text(now), 'LIMIT', 0, 100 + 2 * messages)
for _, key in ipairs(forgotten) do remove('ZREM', DEDUP, key) end

local answers, keeps = {}, false
for index = 1, messages do
  local at = 4 + 6 * (index - 1)
  local key, line = ARGV[at + 4], ARGV[at + 6] ~= '' and ARGV[at + 6]
  local known = key ~= '' and redis.call('ZSCORE', DEDUP, key)
  if known and tonumber(known) > now then
    answers[index] = 0
  else
    if key ~= '' then
      zadd(DEDUP, text(taken(ARGV[at + 5], offset)), key)
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
ring(was_idle, ARGV[3], ARGV[4])
return answers
