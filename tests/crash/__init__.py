"""The crash matrix: a real daemon killed with SIGKILL at every command, before, between and after, and started again.

| moment        | killed while                                              | how it is caught                    |
|---------------|-----------------------------------------------------------|-------------------------------------|
| before-effect | Pexip has the request, has not acted on it and never will | the mock holds it before its effect |
| after-effect  | Pexip has acted; sent, and the outcome not committed      | the mock holds it after its effect  |
| after-commit  | the outcome is committed and nobody has heard of it       | the mock's account, then the store  |
| twice         | as after-effect, and again after the restart              | the mock holds it twice             |

Whatever the point, the same must come out: the session reaches its right end, exactly one vmr ever existed, no fact is
lost or doubled, the meeting stayed locked but where somebody unlocked it, and our own ghost alarmed nobody.

`python -m tests.crash` runs the whole matrix; `make test` runs it too: a few
points side by side, since almost all of it is waiting.
"""
