-- Takes visible messages.
--
-- ARGV: now, time source, the most messages, how long they are hidden in milliseconds
-- Returns {offset of the caller's time, when the next hidden message is due or ''; then for each
--   message its number, its delivery, id, zero and body, and its attempts}.
local now, offset = clock(ARGV[1], ARGV[2])
local most, ends = tonumber(ARGV[3]), after(now, ARGV[4])
local due = next_due()
if due <= now then
  wake(now)
  write()
end

-- What could be in this answer behind one that is in it, in the order of coming up.
local followers = {}
local function best_follower()
  local best
  for index, follower in ipairs(followers) do
    if not best or follower.priority > followers[best].priority then best = index end
  end
  return best
end

local visible, next_visible, taken_messages = {}, 1, {}
if most > 0 then visible = redis.call('ZRANGEBYLEX', VISIBLE, '-', '+', 'LIMIT', 0, most) end
local numbers = {}
for at, member in ipairs(visible) do numbers[at] = small(member, 10) end
preload(numbers)
for _ = 1, most do
  local member, index = visible[next_visible], best_follower()
  local priority = member and 255 - string.byte(member)
  local message
  if member and (not index or priority >= followers[index].priority) then
    message = load(numbers[next_visible])
    next_visible = next_visible + 1
  elseif index then
    message = table.remove(followers, index)
  else
    break
  end
  message.attempts = math.min(message.attempts + 1, 4294967295)
  message.delivery = count()
  place(message, message.where == 'b' and 'b' or 'h', ends)
  taken_messages[#taken_messages + 1] = message
  local following = message.line and in_line(message.line, message.number)
  local follower = following and load(small(following, 9))
  if follower and follower.where == 'b' and follower.since <= now then
    followers[#followers + 1] = follower
  end
end
finish()

local answer = {text(offset), ''}
if #taken_messages > 0 then
  local fields = {}
  for at, message in ipairs(taken_messages) do fields[at] = text(message.number) end
  local bodies = redis.call('HMGET', BODIES, unpack(fields))
  for at, message in ipairs(taken_messages) do
    for _, part in ipairs({fields[at], text(message.delivery), bodies[at], message.attempts}) do
      answer[#answer + 1] = part
    end
  end
end
if due <= now or #taken_messages > 0 then due = next_due() end
if due < math.huge then answer[2] = told(due, offset) end
return answer
