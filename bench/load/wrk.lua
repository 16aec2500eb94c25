-- Cycles over the requests of a file, with the credentials that follow it in turn, and prints one line of JSON at the end.
-- There is no response() on purpose: with one, wrk parses every header and body in Lua.

local requests = {}
local position = 0

function init(args)
  wrk.headers["content-type"] = "application/json"
  local lines = {}
  for line in io.lines(args[1]) do lines[#lines + 1] = line end
  -- A token each: as many rounds of the requests as there are tokens, unless they are in turn anyway.
  for i = 1, math.max(#lines, #args - 1) do
    local method, path, body = lines[(i - 1) % #lines + 1]:match("^([^\t]*)\t([^\t]*)\t?([^\t]*)")
    if #args > 1 then wrk.headers["authorization"] = "Bearer " .. args[2 + (i - 1) % (#args - 1)] end
    requests[i] = wrk.format(method, path, nil, body ~= "" and body or nil)
  end
end

function request()
  position = position % #requests + 1
  return requests[position]
end

local function ms(latency, percentile)
  return latency:percentile(percentile) / 1e3
end

function done(summary, latency)
  local errors = summary.errors
  local curve, percentile = {}, 50
  while percentile < 99.999 do
    curve[#curve + 1] = string.format("[%.6f,%.3f]", percentile, ms(latency, percentile))
    percentile = 100 - (100 - percentile) / 2
  end
  io.write(string.format(
    '\n{"requests":%d,"seconds":%.6f,"errors":%d,"p50_ms":%.3f,"p90_ms":%.3f,"p99_ms":%.3f,"p999_ms":%.3f,"max_ms":%.3f,"curve":[%s]}\n',
    summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    ms(latency, 50), ms(latency, 90), ms(latency, 99), ms(latency, 99.9), latency.max / 1e3,
    table.concat(curve, ",")))
end
