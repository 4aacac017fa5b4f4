#!lua name=bliss_janitor

-- What only Beacon's own user may do to scans.  All of it works on a full server: it makes room.

local PAGE = 100  -- announcements that are looked at together
local KEPT = 1000  -- deletions that are remembered for readers that are still at such a scan

-- Removes the announcement of a node from its parent's list; old ones are at its beginning.
local function unannounce(list, db_name)
  local from = '-'
  while true do
    local entries = redis.call('XRANGE', list, from, '+', 'COUNT', PAGE)
    for _, entry in ipairs(entries) do
      local fields = entry[2]
      for i = 1, #fields, 2 do
        if fields[i] == 'db_name' and fields[i + 1] == db_name then
          redis.call('XDEL', list, entry[1])
          return
        end
      end
    end
    if #entries < PAGE then
      return
    end
    from = '(' .. entries[#entries][1]
  end
end

-- Gives all keys of a scan their time to live: from then on they may be lost.
--   KEYS  the session's sets of ended and of expiring scans, then all keys of the scan
--   ARGV  db_name, when they expire in ms since 1970
local function expire(keys, args)
  for i = 3, #keys do
    redis.call('PEXPIREAT', keys[i], args[2])
  end
  redis.call('SREM', keys[1], args[1])
  redis.call('ZADD', keys[2], args[2] / 1000, args[1])
  return 1
end

-- Deletes a scan whole, its announcement too, and says so to readers that are at it.
--   KEYS  the session's node, sets of ended and of expiring scans and stream of deletions, the
--         children list that announces the scan, then all keys of the scan
--   ARGV  db_name, time
local function forget(keys, args)
  for i = 6, #keys do
    redis.call('UNLINK', keys[i])
  end
  redis.call('SREM', keys[2], args[1])
  redis.call('ZREM', keys[3], args[1])
  unannounce(keys[5], args[1])
  local time = redis.call('TIME')  -- as the numbers of containers' children
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local number = math.max((redis.call('HGET', keys[1], 'gone') or 0) + 1, now)
  redis.call('HSET', keys[1], 'gone', string.format('%d', number))
  redis.call('XADD', keys[4], 'MAXLEN', '~', KEPT, string.format('%d-0', number),
    'db_name', args[1], 'time', args[2])
  return 1
end

-- Trims the oldest points of a channel, and leaves word of it.
--   KEYS  the channel's data and info
--   ARGV  how many points may go, the same packed
local function trim(keys, args)
  redis.call('XTRIM', keys[1], 'MINID', string.format('%d-0', args[1] + 1))
  redis.call('HSET', keys[2], 'trimmed', args[2])
  return 1
end

-- Deletes a container that has no children any more.
--   KEYS  the container, its info and children list, its parent's children list, the session's set
--   ARGV  db_name
-- Returns 1, or 0 if it has children or never had any.
local function drop_container(keys, args)
  if redis.call('EXISTS', keys[3]) == 0 or redis.call('XLEN', keys[3]) > 0 then
    return 0
  end
  redis.call('UNLINK', keys[1], keys[2], keys[3])
  unannounce(keys[4], args[1])
  redis.call('SREM', keys[5], args[1])
  return 1
end

-- Lets a scan not require a consumer any more.
--   KEYS  the scan's stream of its preparation, and the data of all its nodes
--   ARGV  name of the consumer
local function give_up(keys, args)
  for _, key in ipairs(keys) do
    if redis.call('EXISTS', key) == 1 then
      redis.call('XGROUP', 'DESTROY', key, args[1])
    end
  end
  return 1
end

-- What is there of a channel, without its points.
--   KEYS  the channel's data
-- Returns the last id there ever was, how many points had come before the first one that is there,
-- the bytes it takes, then name and position of each required consumer, in turn; or nothing.
local function survey(keys)
  if redis.call('EXISTS', keys[1]) == 0 then
    return {}
  end
  local stream = {}
  local told = redis.call('XINFO', 'STREAM', keys[1])
  for i = 1, #told, 2 do
    stream[told[i]] = told[i + 1]
  end
  local last = stream['last-generated-id']
  local before = string.match(last, '%d+')
  local first = stream['first-entry']
  if first then
    before = string.match(first[1], '%d+')
    for i = 1, #first[2], 2 do
      if first[2][i] == 'n' then
        before = string.format('%d', before - first[2][i + 1])
      end
    end
  end
  local answer = {last, before, redis.call('MEMORY', 'USAGE', keys[1])}
  for _, group in ipairs(redis.call('XINFO', 'GROUPS', keys[1])) do
    for i = 1, #group, 2 do
      if group[i] == 'name' or group[i] == 'last-delivered-id' then
        table.insert(answer, group[i + 1])
      end
    end
  end
  return answer
end

local function register(name, callback)
  redis.register_function{function_name=name, callback=callback, flags={'allow-oom'}}
end

redis.register_function{function_name='bliss_survey', callback=survey, flags={'no-writes'}}
register('bliss_expire', expire)
register('bliss_forget', forget)
register('bliss_give_up', give_up)
register('bliss_trim', trim)
register('bliss_drop_container', drop_container)
