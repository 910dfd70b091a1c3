"""The fields that events about a drug have in common."""

from healthsim_core.events import Field, SkillUse
from rxmembersim.reference import known_words

DRUG = Field("drug", "code", "Which drug, by name or brand, e.g. metformin.", "metformin", known_words())
ANY_DRUG = Field("drug", "code", "Which drug; that of the event it follows from where absent.", None, known_words())
PRESCRIBED = (
    Field(
        "quantity",
        "number",
        "How much at a time in billing units, more than 0; the prescription's or the drug's usual where absent.",
        pattern=r"(?=.*[1-9])[0-9]+(\.[0-9]+)?",
    ),
    Field("days_supply", "number", "Whole days that lasts, 1 to 999.", pattern=r"[1-9][0-9]{0,2}(\.0)?"),
    Field("refills", "number", "Refills allowed, 0 to 99.", pattern=r"[0-9]{1,2}(\.0)?"),
    Field("reason", "diagnosis", "What it is for."),
    Field("prescriber", "key", "Who prescribes it; the primary care provider where absent."),
)
SEVERITY = Field("severity", "text", "How severe the condition is, in the profile's words; chooses a skill's row.")
FROM_SKILL = SkillUse("medications", {"drug": "drug"}, "reason")
