"""The tables of TrialSim: one attrs class each, the schema's only home. Terms are CDISC's where it has them."""

from __future__ import annotations

from datetime import date

from attrs import frozen

from healthsim_core.tables import column, key, refers, table_from


@frozen
class Study:
    """A clinical study."""

    study_id: str = column("The study's identifier, STUDYID; invented.")
    title: str = column("Its title in our own words.")
    phase: str = column("PHASE I TRIAL, PHASE II TRIAL, PHASE III TRIAL.", system="CDISC CT TPHASE")
    indication: str = column("What is treated, in words.")
    condition_code: str | None = column("The condition, an ICD-10-CM category.")
    blinding: str = column("OPEN LABEL, DOUBLE BLIND.", system="CDISC CT TBLIND")
    control_type: str = column("PLACEBO, ACTIVE, NONE.", system="CDISC CT TCNTRL")
    sponsor: str = column("The sponsor; invented.")
    planned_subject_count: int = column("How many subjects are planned.")
    block_size: int = column("Size of a randomization block.")
    start_date: date = column("When the study started.")


@frozen
class Arm:
    """An arm of a study."""

    study_id: str = column("The study.", references="studies.study_id")
    arm_code: str = column("ARMCD, at most 20 characters.")
    arm_name: str = column("ARM.")
    treatment: str = column("What is given, EXTRT.")
    dose: float = column("Amount of one dose, EXDOSE.", decimals=2)
    dose_unit: str = column("Its unit.", system="CDISC CT UNIT")
    dose_form: str = column("Its form.", system="CDISC CT FRM")
    dose_frequency: str = column("How often.", system="CDISC CT FREQ")
    route: str = column("ORAL, SUBCUTANEOUS, INTRAVENOUS.", system="CDISC CT ROUTE")
    ratio: int = column("Its share of a randomization block.")


@frozen
class Site:
    """A place where a study is run."""

    site_id: str = key("ST", "The site's key.")
    study_id: str = column("The study.", references="studies.study_id")
    site_number: str = column("SITEID: three digits, four where there are a thousand sites.")
    facility_id: str | None = refers("facilities.facility_id", "F", "The facility it is at.")
    investigator_id: str | None = refers("providers.provider_id", "PR", "The principal investigator.")
    investigator_name: str = column("The investigator's name, INVNAM.")
    country: str = column("Three letters, COUNTRY.", system="ISO 3166-1 alpha-3")


@frozen
class Subject:
    """A person in a study; exists from screening on."""

    subject_id: str = key("SU", "The subject's key.")
    person_id: str = refers("persons.person_id", "P", "The person this subject is.")
    patient_id: str | None = refers("patients.patient_id", "PT", "The same person as a patient.")
    study_id: str = column("STUDYID.", references="studies.study_id")
    site_id: str = refers("sites.site_id", "ST", "Where.")
    subject_number: str = column(
        "SUBJID: digits, unique in the study.", decode="lpad({subject_number}::VARCHAR, 8, '0')"
    )
    usubjid: str = column(
        "USUBJID: study, site and subject.",
        decode="{study_id} || '-' || {site_number} || '-' || lpad({subject_number}::VARCHAR, 8, '0')",
        inputs=("study_id", "site_number", "subject_number"),
    )
    birth_date: date | None = column("BRTHDTC.")
    age: int | None = column("Age in years at consent.", unit="a", decode="CASE WHEN {age} >= 0 THEN {age} END")
    sex: str = column("M or F.", system="CDISC CT SEX")
    race: str = column("RACE.", system="CDISC CT RACE")
    ethnicity: str = column("ETHNIC.", system="CDISC CT ETHNIC")
    consent_date: date = column("Informed consent, RFICDTC.")
    screening_date: date = column("Screening.")
    screen_failed: bool = column("Whether screening was failed.")
    failed_criterion: str | None = column("The criterion that was not kept, of `trial_criteria`; none for the others.")
    randomization_date: date | None = column("When randomized; none for screen failures.")
    randomization_number: int | None = column(
        "Place in the study's list.", decode="CASE WHEN {randomization_number} >= 0 THEN {randomization_number} END"
    )
    arm_code: str | None = column("ARMCD as randomized; none for screen failures.")
    first_dose_date: date | None = column("RFXSTDTC: first exposure.")
    last_dose_date: date | None = column("RFXENDTC: last exposure.")
    end_date: date | None = column("RFPENDTC: end of participation.")
    status: str = column("screen_failed, ongoing, completed or discontinued.")


@frozen
class Visit:
    """A visit of a subject as planned and as it was."""

    visit_id: str = key("SV", "The visit's key: that of the event.")
    subject_id: str = refers("subjects.subject_id", "SU", "Whose.")
    visit_number: float = column("VISITNUM; an unscheduled visit lies between two numbers.", decimals=2)
    visit_name: str = column("VISIT.")
    visit_type: str = column("scheduled or unscheduled.")
    planned_day: int | None = column(
        "VISITDY: the protocol's study day.", decode="CASE WHEN {planned_day} > -100000 THEN {planned_day} END"
    )
    window_start_date: date | None = column("First day of the window.")
    window_end_date: date | None = column("Last day of the window.")
    status: str = column("completed or missed.")
    visit_date: date | None = column("SVSTDTC; none where it was missed.")
    encounter_id: str | None = refers("encounters.encounter_id", "E", "The same visit as an encounter.")


@frozen
class AdverseEvent:
    """An adverse event."""

    adverse_event_id: str = key("AE", "The adverse event's key: that of the event.")
    subject_id: str = refers("subjects.subject_id", "SU", "Whose.")
    term: str = column("AETERM: as reported, in our own plain words (MedDRA is licensed).")
    body_system: str = column("The organ system in our own plain words.")
    severity: str = column("MILD, MODERATE, SEVERE.", system="CDISC CT AESEV")
    toxicity_grade: int = column("1 to 5.", system="CTCAE grade")
    serious: bool = column("AESER.")
    seriousness: str | None = column(
        "hospitalization, life_threatening, disability, death, other; none where it is not serious."
    )
    relationship: str = column("NOT RELATED, UNLIKELY RELATED, POSSIBLY RELATED, RELATED.")
    action_taken: str = column(
        "DOSE NOT CHANGED, DOSE REDUCED, DRUG INTERRUPTED, DRUG WITHDRAWN, NOT APPLICABLE.", system="CDISC CT ACN"
    )
    outcome: str = column(
        "RECOVERED/RESOLVED, RECOVERING/RESOLVING, NOT RECOVERED/NOT RESOLVED, FATAL.", system="CDISC CT OUT"
    )
    start_date: date = column("AESTDTC.")
    end_date: date | None = column("AEENDTC; none while it goes on.")


@frozen
class Exposure:
    """A stretch of constant dosing."""

    exposure_id: str = key("EX", "The exposure's key.")
    subject_id: str = refers("subjects.subject_id", "SU", "Whose.")
    visit_id: str | None = refers("visits.visit_id", "SV", "The visit at which it was given or handed out.")
    treatment: str = column("EXTRT.")
    dose: float = column("EXDOSE; 0 for placebo.", decimals=2)
    dose_unit: str = column("EXDOSU.", system="CDISC CT UNIT")
    dose_form: str = column("EXDOSFRM.", system="CDISC CT FRM")
    dose_frequency: str = column("EXDOSFRQ.", system="CDISC CT FREQ")
    route: str = column("EXROUTE.", system="CDISC CT ROUTE")
    start_date: date = column("EXSTDTC.")
    end_date: date = column("EXENDTC.")


@frozen
class Disposition:
    """A milestone or the end of a subject's participation."""

    disposition_id: str = key("DS", "The disposition's key.")
    subject_id: str = refers("subjects.subject_id", "SU", "Whose.")
    category: str = column("PROTOCOL MILESTONE or DISPOSITION EVENT.", system="CDISC CT DSCAT")
    term: str = column("DSTERM: as reported.")
    decoded_term: str = column(
        "DSDECOD: INFORMED CONSENT OBTAINED, RANDOMIZED, COMPLETED, SCREEN FAILURE, ADVERSE EVENT and the like.",
        system="CDISC CT NCOMPLT, PROTMLST",
    )
    epoch: str = column(
        "SCREENING, TREATMENT from the first dose to the last, FOLLOW-UP; randomization ends SCREENING.",
        system="CDISC CT EPOCH",
    )
    disposition_date: date = column("DSSTDTC.")


@frozen
class ProtocolDeviation:
    """Something that was not done as the protocol says."""

    deviation_id: str = key("DV", "The deviation's key: that of the event.")
    subject_id: str = refers("subjects.subject_id", "SU", "Whose.")
    term: str = column("DVTERM, in our own words.")
    category: str = column("Its kind, e.g. visit_window, procedure_missed, medication.")
    major: bool = column("Whether it is a major one.")
    deviation_date: date = column("DVSTDTC.")


@frozen
class DoseModification:
    """A change of a subject's dose."""

    dose_modification_id: str = key("DM", "The change's key: that of the event.")
    subject_id: str = refers("subjects.subject_id", "SU", "Whose.")
    action: str = column("DOSE REDUCED, DRUG INTERRUPTED, DOSE INCREASED.", system="CDISC CT ACN")
    reason: str = column("Why, in our own words.")
    dose_percent: int = column("The new dose in percent of the planned one; 0 while interrupted.")
    modification_date: date = column("From when.")


@frozen
class TrialResult:
    """One test of a subject at a visit: laboratory values and vital signs, the study's primary endpoint among them."""

    trial_result_id: str = key("TR", "The result's key.")
    subject_id: str = refers("subjects.subject_id", "SU", "Whose.")
    visit_id: str = refers("visits.visit_id", "SV", "The visit.")
    domain: str = column("LB laboratory or VS vital signs.", system="SDTM domain")
    test_code: str = column("LBTESTCD or VSTESTCD.", system="CDISC CT LBTESTCD, VSTESTCD")
    test: str = column("LBTEST or VSTEST.")
    loinc_code: str | None = column("The test's LOINC code.", system="http://loinc.org")
    specimen: str | None = column("LBSPEC: BLOOD, SERUM.", system="CDISC CT SPECTYPE")
    unit: str = column("LBORRESU or VSORRESU.", system="CDISC CT UNIT, VSRESU")
    value: float = column("The result.", decimals=2)
    reference_low: float | None = column("Lower limit of the reference range.", decimals=2)
    reference_high: float | None = column("Upper limit of the reference range.", decimals=2)
    range_indicator: str | None = column("LOW, NORMAL or HIGH; none without a range.", system="CDISC CT NRIND")
    endpoint: bool = column("Whether it is the study's primary endpoint.")
    result_date: date = column("LBDTC or VSDTC.")


@frozen
class TrialCriterion:
    """One criterion of who may take part in a study."""

    study_id: str = column("Which study.", references="studies.study_id")
    criterion_code: str = column("IETESTCD.")
    category: str = column("INCLUSION or EXCLUSION.", system="CDISC CT IECAT")
    description: str = column("IETEST, in our own words.")


TABLES = (
    table_from(Study, "studies", ("study_id",)),
    table_from(Arm, "arms", ("study_id", "arm_code")),
    table_from(Site, "sites"),
    table_from(Subject, "subjects"),
    table_from(Visit, "visits"),
    table_from(AdverseEvent, "adverse_events"),
    table_from(Exposure, "exposures"),
    table_from(Disposition, "dispositions"),
    table_from(ProtocolDeviation, "protocol_deviations"),
    table_from(DoseModification, "dose_modifications"),
    table_from(TrialResult, "trial_results"),
    table_from(TrialCriterion, "trial_criteria", ("study_id", "criterion_code")),
)
