"""What comes by e-mail and text message: read, matched to its case or made one, answered, and kept where nobody could.

`boxes` fetches, `reading` reads, `folding` leaves out what is only quoted, `belonging` finds the case, `taking` makes an act
of it, `polling` does all that once for each message whatever happens, `settling` is the desk's part, `answering` is how our
own letters can be answered.
"""
