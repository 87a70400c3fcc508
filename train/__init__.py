"""The trainer: scenes, mini-batches, the procedure of Sec. 3.1, measures. It imports ``dcign``, never the reverse."""
