"""Every error that a person or a program can see, in one tree.

PochoirError                       code, status, retryable; the message ends in what to do
├── Declined                  409  a member said no, which ends a run
├── InvalidRequest            400  something in the request is wrong
│   ├── UnknownParameter           a field that this model does not take
│   ├── InvalidValue               a field whose value the model cannot do
│   │   └── BeyondModel            what the words ask for; other models can, and the images service names them
│   ├── InvalidImage               bytes that are no usable image
│   ├── InvalidSpec                a tool spec that cannot run; carries a list of problems
│   └── Refused                    moderation blocked it: the provider's, or one that this installation chose
├── NotSignedIn               401
├── BudgetExceeded            402  a limit refused before money was spent
│   └── KeyBudgetExceeded     429  the month's budget of one API key
├── NotAllowed                403
├── NotFound                  404
│   └── ModelNotFound              unknown or shut down; names the successors
├── Conflict                  409
├── TooLarge                  413
├── TooManyAttempts           429  passwords are not guessed
├── TooManyRequests           429  an API key's own limit a minute; says when to come back
├── EngineError               502  the engine failed; `may_have_been_charged` says whether money may be gone
│   ├── EngineRateLimited     429
│   ├── EngineNotReady        503  needs a key, a package or a server
│   ├── ProviderPaused        503  failed again and again, so it is left alone for a while; nothing was sent
│   └── EngineTimeout         504
├── Unavailable               503  this installation cannot do it now
└── StorageFull               507
"""

from __future__ import annotations

from collections.abc import Sequence


class PochoirError(Exception):
    """Base of all errors of the product.

    `message` is one or two sentences and ends in what to do; `param` names the field at fault, in the caller's words.
    """

    code: str = "internal_error"
    status: int = 500
    retryable: bool = False

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        if code is not None:
            self.code = code


class Declined(PochoirError):
    """A member said no to what a run asked; the run ends as cancelled."""

    code = "declined"
    status = 409


class InvalidRequest(PochoirError):
    code = "invalid_request"
    status = 400


class UnknownParameter(InvalidRequest):
    code = "unknown_parameter"


class InvalidValue(InvalidRequest):
    code = "invalid_value"


class BeyondModel(InvalidValue):
    """The words ask for what this model cannot do at all. The images service adds models that can."""

    code = "beyond_model"


class InvalidImage(InvalidRequest):
    code = "invalid_image_file"


class InvalidSpec(InvalidRequest):
    """A tool spec that cannot run. `problems` holds one sentence per fault, each starting with where it is."""

    code = "invalid_spec"

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("This tool cannot run yet: " + " ".join(self.problems))


class Refused(InvalidRequest):
    """`categories` say why, `stage` what was looked at, `source` who looked: provider, endpoint, local."""

    code = "moderation_blocked"

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        categories: Sequence[str] = (),
        stage: str = "input",
        source: str = "provider",
    ) -> None:
        super().__init__(message, param=param, code=code)
        self.categories = tuple(categories)
        self.stage = stage
        self.source = source


class NotSignedIn(PochoirError):
    code = "invalid_api_key"
    status = 401


class BudgetExceeded(PochoirError):
    code = "budget_exceeded"
    status = 402


class KeyBudgetExceeded(BudgetExceeded):
    """`retry_after` is the seconds until the budget begins anew."""

    code = "key_budget_exceeded"
    status = 429

    def __init__(
        self, message: str, *, param: str | None = None, code: str | None = None, retry_after: float = 1.0
    ) -> None:
        super().__init__(message, param=param, code=code)
        self.retry_after = retry_after


class NotAllowed(PochoirError):
    code = "not_allowed"
    status = 403


class NotFound(PochoirError):
    code = "not_found"
    status = 404


class ModelNotFound(NotFound):
    code = "model_not_found"


class Conflict(PochoirError):
    code = "conflict"
    status = 409


class TooLarge(PochoirError):
    code = "too_large"
    status = 413


class TooManyAttempts(PochoirError):
    """`retry_after` is seconds."""

    code = "too_many_attempts"
    status = 429

    def __init__(
        self, message: str, *, param: str | None = None, code: str | None = None, retry_after: float = 1.0
    ) -> None:
        super().__init__(message, param=param, code=code)
        self.retry_after = retry_after


class TooManyRequests(PochoirError):
    """`retry_after` is seconds."""

    code = "rate_limit_exceeded"
    status = 429
    retryable = True

    def __init__(
        self, message: str, *, param: str | None = None, code: str | None = None, retry_after: float = 1.0
    ) -> None:
        super().__init__(message, param=param, code=code)
        self.retry_after = retry_after


class EngineError(PochoirError):
    """The engine failed. `may_have_been_charged` is true when the provider may have billed the call all the same."""

    code = "engine_error"
    status = 502

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        may_have_been_charged: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, param=param, code=code)
        self.may_have_been_charged = may_have_been_charged
        self.retry_after = retry_after


class EngineRateLimited(EngineError):
    code = "rate_limit_exceeded"
    status = 429
    retryable = True


class EngineNotReady(EngineError):
    code = "engine_not_ready"
    status = 503


class ProviderPaused(EngineError):
    code = "provider_paused"
    status = 503
    retryable = True


class EngineTimeout(EngineError):
    code = "engine_timeout"
    status = 504


class Unavailable(PochoirError):
    code = "unavailable"
    status = 503
    retryable = True


class StorageFull(PochoirError):
    code = "storage_full"
    status = 507
