-- Accepts messages.
--
-- ARGV: now, time source, channel of the bell, name of the queue; then for each message: priority, and
--   what else there is to say of it: a letter and eight bytes of when it is visible ('v', if that is to
--   come), its ordering key ('o'), until when its dedup key is kept ('d', and the key behind it, last);
--   and id, zero and body
-- Returns for each message a letter: 1 accepted or 0 duplicate.
local now, offset = clock(ARGV[1], ARGV[2])
local was_idle, was_due = is_idle(), next_due()
local all_woken = was_due > now or wake(now)

-- Forgets keys faster than new ones come.
local function forget()
  local keys = redis.call('ZRANGEBYSCORE', DEDUP, '-inf', text(now), 'LIMIT', 0, 100 + #ARGV)
  for _, key in ipairs(keys) do remove(DEDUP, key) end
end

local answers, keeps, kept = {}, false, {}

-- Whether a key is not known yet. It is from then on.
local function keep(key, ends)
  if not kept[key] then
    local known = redis.call('ZSCORE', DEDUP, key)
    if known and tonumber(known) > now then kept[key] = tonumber(known) end
  end
  if kept[key] and kept[key] > now then return false end
  if not keeps then forget() end
  keeps, kept[key] = true, ends
  add(DEDUP, key, text(ends))
  return true
end

for at = 5, #ARGV, 2 do
  local about, line, visible_at, is_new = ARGV[at], '', 0, true
  local from = 2
  while from < #about do
    local what = sub(about, from, from)
    if what == 'v' then
      visible_at = taken(small(about, from + 1), offset)
    elseif what == 'o' then
      line = sub(about, from + 1, from + 8)
    else
      is_new = keep(sub(about, from + 9), taken(small(about, from + 1), offset))
      break
    end
    from = from + 9
  end
  answers[#answers + 1] = is_new and '1' or '0'
  if is_new then accept(ARGV[at + 1], byte(about), line, visible_at, now, all_woken) end
end
finish()
if keeps then
  expire(DEDUP, now, tonumber(redis.call('ZREVRANGE', DEDUP, 0, 0, 'WITHSCORES')[2]))
end
-- Whoever waits has seen that nothing is visible, and when the next message will be.
if was_idle and (is_shown or least_due < was_due) then redis.call('PUBLISH', ARGV[3], ARGV[4]) end
return table.concat(answers)
