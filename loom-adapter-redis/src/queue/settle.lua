-- Settles deliveries.
--
-- ARGV: channel of the bell, name of the queue; then for each delivery its number; its delivery; 'ack',
--   'nack', 'extend' or 'bury'; until when, or when as 8 bytes, or ''; the reason or ''
-- Times are the store's. Returns for each delivery 1 done or 0 expired.
local numbers, may_be_due = {}, false
for at = 3, #ARGV, 5 do numbers[#numbers + 1] = tonumber(ARGV[at]) end
preload(numbers)

local function settle(number, delivery, how, at, reason)
  local message = load(number)
  if not message or message.delivery == 0 or text(message.delivery) ~= delivery then return 0 end
  if how == 'ack' then
    may_be_due = leave(message) or may_be_due
  elseif how == 'bury' then
    local body = redis.call('HGET', BODIES, text(number))
    local split = string.find(body, '\0', 1, true)
    bury(string.sub(body, 1, split - 1), string.sub(body, split + 1), message.attempts, reason, at)
    may_be_due = leave(message) or may_be_due
  else
    may_be_due = how == 'nack' or message.since > tonumber(at) or may_be_due
    if how == 'nack' then message.delivery = 0 end
    place(message, message.where == 'b' and 'b' or 'h', tonumber(at))
  end
  return 1
end

local answers = {}
for index, number in ipairs(numbers) do
  local at = 5 * index - 2
  answers[index] = settle(number, ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4])
end
finish()
-- Whoever waits has to look.
if may_be_due then redis.call('PUBLISH', ARGV[1], ARGV[2]) end
return answers
