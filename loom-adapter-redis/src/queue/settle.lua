-- Settles deliveries.
--
-- ARGV: channel of the bell, name of the queue; then for each delivery its token; and 'a' to
--   acknowledge it, 'n' and when it is visible, 'e' and until when it is hidden, or 'b', when it died
--   as 8 bytes, and the reason
-- Times are the store's. Returns for each delivery a letter: 1 done or 0 expired.
local tokens, may_be_due = {}, false
for at = 3, #ARGV, 2 do tokens[#tokens + 1] = ARGV[at] end
local hidden = redis.call('ZMSCORE', HIDDEN, unpack(tokens))

-- Where the message of a good receipt is, and its row unless it is hidden.
local function find(token, until_when)
  if added[HIDDEN] and added[HIDDEN][token] then return 'h' end
  if until_when and not is_removed(HIDDEN, token) then return 'h' end
  local row = row_of(number_of(token))
  if row and sub(row, 10) == token then return sub(row, 1, 1), row end
end

local function take_out(token, where, row)
  if where == 'h' then return remove(HIDDEN, token) end
  remove(ROWS, number_of(token))
  if where == 'v' then remove(VISIBLE, shown(token, sub(row, 2, 9))) end
end

local function settle(token, how, until_when)
  local where, row = find(token, until_when)
  if not where then return '0' end
  local what = sub(how, 1, 1)
  if what == 'n' or what == 'e' then
    local at, is_returned = tonumber(sub(how, 2)), what == 'n'
    local is_sooner = where ~= 'h' or not until_when or tonumber(until_when) > at
    may_be_due = may_be_due or is_returned or is_sooner
    if is_returned or where == 'v' then take_out(token, where, row) end
    if is_returned then token = returned(token) end
    if where == 'b' then
      add(ROWS, number_of(token), 'b' .. big(at) .. token)
    else
      hide(token, at)
    end
    return '1'
  end
  if what == 'b' then
    local body = redis.call('HGET', BODIES, number_of(token))
    local split = string.find(body, '\0', 1, true)
    local attempts = unpack_bytes('>I4', token, 18)
    bury(sub(body, 1, split - 1), sub(body, split + 1), attempts, sub(how, 10), sub(how, 2, 9))
  end
  take_out(token, where, row)
  may_be_due = leave(token) or may_be_due
  return '1'
end

local answers = {}
for index, token in ipairs(tokens) do
  answers[index] = settle(token, ARGV[2 * index + 2], hidden[index])
end
finish()
-- Whoever waits has to look.
if may_be_due then redis.call('PUBLISH', ARGV[1], ARGV[2]) end
return table.concat(answers)
