-- GET of one URL, with a bearer token when TOKEN is set, and with the field HEADER: VALUE.
local here = debug.getinfo(1, "S").source:match("@(.*/)")
local report = dofile(here .. "report.lua")
local token = os.getenv("TOKEN")
if token then wrk.headers["Authorization"] = "Bearer " .. token end
if os.getenv("HEADER") then wrk.headers[os.getenv("HEADER")] = os.getenv("VALUE") end

function done(summary, latency) report(summary, latency) end
