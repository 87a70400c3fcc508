"""Live frames: a page sends angles over a WebSocket and gets pictures back as fast as they can be drawn.

frames.py        one frame: which angles to draw with, and its bytes
pool.py          the decode threads; only each client's newest request is drawn, clients in turn
limits.py        what one client may send
conversation.py  what one page and the server say to each other over a socket
routes.py        the two routes below /gradio_api/live/: the socket, and one frame by plain HTTP
"""
