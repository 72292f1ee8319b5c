"""`aa debug`: a run looked at between its instructions, forwards and backwards.

timeline = Timeline(record, run, module)            # every position of the run so far
debugger = Debugger(timeline, Breakpoints(module, run.program), converse)
execute(..., pause=debugger.pause)                  # live; or timeline.read() for a recorded run
debugger.go("step")                                 # a Stop, or None where the live run must go on
"""
