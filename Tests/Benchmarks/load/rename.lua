-- Changes the name of the user whose identity HEADER and VALUE carry: another one each time, so that each is written.
local here = debug.getinfo(1, "S").source:match("@(.*/)")
local report = dofile(here .. "report.lua")
local name, value = os.getenv("HEADER"), os.getenv("VALUE")
local sent = 0

function request()
    sent = sent + 1
    return wrk.format("PATCH", wrk.path, { ["Content-Type"] = "application/json", [name] = value },
        string.format('{"name":"Bench %d"}', sent))
end

function done(summary, latency) report(summary, latency) end
