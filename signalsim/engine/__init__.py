"""The engine: vehicles and signals as arrays, moved by one compiled loop. Imports nothing of ours."""
