// One #embed and one table row for each file of Packs/. A test compares the table with the folder.
#include "cpacks.h"

#if defined(__clang__)
#pragma clang diagnostic ignored "-Wc23-extensions"
#endif

static const unsigned char incidents_calendar_tw[] = {
#embed "../../Packs/incidents/calendar-tw.yaml"
};
static const unsigned char incidents_clocks[] = {
#embed "../../Packs/incidents/clocks.yaml"
};
static const unsigned char incidents_taxonomy[] = {
#embed "../../Packs/incidents/taxonomy.yaml"
};
static const unsigned char incidents_dora[] = {
#embed "../../Packs/incidents/dora.yaml"
};
static const unsigned char incidents_fields[] = {
#embed "../../Packs/incidents/fields.yaml"
};
static const unsigned char incidents_fire[] = {
#embed "../../Packs/incidents/fire.yaml"
};
static const unsigned char rulebooks_cnfa_2022[] = {
#embed "../../Packs/rulebooks/cnfa-2022.yaml"
};
static const unsigned char rulebooks_twse_2018[] = {
#embed "../../Packs/rulebooks/twse-2018.yaml"
};
static const unsigned char facts_linux[] = {
#embed "../../Packs/facts/linux.yaml"
};
static const unsigned char facts_plumbline[] = {
#embed "../../Packs/facts/plumbline.yaml"
};
static const unsigned char facts_releases[] = {
#embed "../../Packs/facts/releases.yaml"
};
static const unsigned char checks_linux_access[] = {
#embed "../../Packs/checks/linux-access.yaml"
};
static const unsigned char checks_linux_identity[] = {
#embed "../../Packs/checks/linux-identity.yaml"
};
static const unsigned char checks_linux_logging[] = {
#embed "../../Packs/checks/linux-logging.yaml"
};
static const unsigned char checks_linux_market[] = {
#embed "../../Packs/checks/linux-market.yaml"
};
static const unsigned char checks_linux_systems[] = {
#embed "../../Packs/checks/linux-systems.yaml"
};
static const unsigned char checks_plumbline_platform[] = {
#embed "../../Packs/checks/plumbline-platform.yaml"
};
static const unsigned char identity_passwords[] = {
#embed "../../Packs/identity/passwords.txt"
};
static const unsigned char identity_policy[] = {
#embed "../../Packs/identity/policy.yaml"
};
static const unsigned char identity_roles[] = {
#embed "../../Packs/identity/roles.yaml"
};
static const unsigned char questionnaires_market_2017[] = {
#embed "../../Packs/questionnaires/market-2017.yaml"
};
static const unsigned char questionnaires_twse_2018_standard[] = {
#embed "../../Packs/questionnaires/twse-2018-standard.yaml"
};
static const unsigned char questionnaire_checks_twse_2018[] = {
#embed "../../Packs/questionnaire-checks/twse-2018.yaml"
};
static const unsigned char demo_promises[] = {
#embed "../../Packs/demo/promises.yaml"
};
static const unsigned char demo_work[] = {
#embed "../../Packs/demo/work.yaml"
};
static const unsigned char demo_market[] = {
#embed "../../Packs/demo/market.yaml"
};
static const unsigned char market_twse_2017_printed[] = {
#embed "../../Packs/market/twse-2017-printed.yaml"
};
static const unsigned char supervision_follow_up[] = {
#embed "../../Packs/supervision/follow-up.yaml"
};
static const unsigned char supervision_letters[] = {
#embed "../../Packs/supervision/letters.yaml"
};
static const unsigned char submissions_policy[] = {
#embed "../../Packs/submissions/policy.yaml"
};
static const unsigned char supervision_inspections[] = {
#embed "../../Packs/supervision/inspections.yaml"
};
static const unsigned char supervision_programme[] = {
#embed "../../Packs/supervision/programme.yaml"
};
static const unsigned char supervision_register[] = {
#embed "../../Packs/supervision/register.yaml"
};
static const unsigned char supervision_policy[] = {
#embed "../../Packs/supervision/policy.yaml"
};
static const unsigned char texts_questionnaire[] = {
#embed "../../Packs/texts/questionnaire.yaml"
};
static const unsigned char texts_market[] = {
#embed "../../Packs/texts/market.yaml"
};
static const unsigned char texts_followups[] = {
#embed "../../Packs/texts/followups.yaml"
};
static const unsigned char texts_incidents[] = {
#embed "../../Packs/texts/incidents.yaml"
};
static const unsigned char texts_inspections[] = {
#embed "../../Packs/texts/inspections.yaml"
};
static const unsigned char texts_meetings[] = {
#embed "../../Packs/texts/meetings.yaml"
};
static const unsigned char texts_programme[] = {
#embed "../../Packs/texts/programme.yaml"
};
static const unsigned char texts_coaching[] = {
#embed "../../Packs/texts/coaching.yaml"
};
static const unsigned char supervision_watch[] = {
#embed "../../Packs/supervision/watch.yaml"
};
static const unsigned char reports_verify[] = {
#embed "../../Packs/reports/verify.py"
};
static const unsigned char reports_yearly[] = {
#embed "../../Packs/reports/yearly.yaml"
};
static const unsigned char texts_yearly[] = {
#embed "../../Packs/texts/yearly.yaml"
};
static const unsigned char texts_report[] = {
#embed "../../Packs/texts/report.yaml"
};
static const unsigned char texts_submissions[] = {
#embed "../../Packs/texts/submissions.yaml"
};
static const unsigned char texts_supervisor[] = {
#embed "../../Packs/texts/supervisor.yaml"
};
static const unsigned char texts_survey[] = {
#embed "../../Packs/texts/survey.yaml"
};
static const unsigned char texts_watch[] = {
#embed "../../Packs/texts/watch.yaml"
};
static const unsigned char texts_web[] = {
#embed "../../Packs/texts/web.yaml"
};
static const unsigned char web_drawing_css[] = {
#embed "../../Packs/web/drawing.css"
};
static const unsigned char web_report_css[] = {
#embed "../../Packs/web/report.css"
};
static const unsigned char web_plumbline_css[] = {
#embed "../../Packs/web/plumbline.css"
};
static const unsigned char web_plumbline_js[] = {
#embed "../../Packs/web/plumbline.js"
};
static const unsigned char web_plumbline_svg[] = {
#embed "../../Packs/web/plumbline.svg"
};

#define FILE_ROW(name, data) {name, data, sizeof data}

static const plumbline_pack_file files[] = {
    FILE_ROW("rulebooks/cnfa-2022.yaml", rulebooks_cnfa_2022),
    FILE_ROW("rulebooks/twse-2018.yaml", rulebooks_twse_2018),
    FILE_ROW("facts/linux.yaml", facts_linux),
    FILE_ROW("facts/plumbline.yaml", facts_plumbline),
    FILE_ROW("facts/releases.yaml", facts_releases),
    FILE_ROW("checks/linux-access.yaml", checks_linux_access),
    FILE_ROW("checks/linux-identity.yaml", checks_linux_identity),
    FILE_ROW("checks/linux-logging.yaml", checks_linux_logging),
    FILE_ROW("checks/linux-market.yaml", checks_linux_market),
    FILE_ROW("checks/linux-systems.yaml", checks_linux_systems),
    FILE_ROW("checks/plumbline-platform.yaml", checks_plumbline_platform),
    FILE_ROW("identity/passwords.txt", identity_passwords),
    FILE_ROW("identity/policy.yaml", identity_policy),
    FILE_ROW("identity/roles.yaml", identity_roles),
    FILE_ROW("questionnaires/market-2017.yaml", questionnaires_market_2017),
    FILE_ROW("questionnaires/twse-2018-standard.yaml", questionnaires_twse_2018_standard),
    FILE_ROW("questionnaire-checks/twse-2018.yaml", questionnaire_checks_twse_2018),
    FILE_ROW("incidents/calendar-tw.yaml", incidents_calendar_tw),
    FILE_ROW("incidents/clocks.yaml", incidents_clocks),
    FILE_ROW("incidents/dora.yaml", incidents_dora),
    FILE_ROW("incidents/fields.yaml", incidents_fields),
    FILE_ROW("incidents/fire.yaml", incidents_fire),
    FILE_ROW("incidents/taxonomy.yaml", incidents_taxonomy),
    FILE_ROW("demo/market.yaml", demo_market),
    FILE_ROW("demo/promises.yaml", demo_promises),
    FILE_ROW("demo/work.yaml", demo_work),
    FILE_ROW("market/twse-2017-printed.yaml", market_twse_2017_printed),
    FILE_ROW("submissions/policy.yaml", submissions_policy),
    FILE_ROW("supervision/policy.yaml", supervision_policy),
    FILE_ROW("supervision/register.yaml", supervision_register),
    FILE_ROW("texts/questionnaire.yaml", texts_questionnaire),
    FILE_ROW("texts/market.yaml", texts_market),
    FILE_ROW("supervision/follow-up.yaml", supervision_follow_up),
    FILE_ROW("supervision/letters.yaml", supervision_letters),
    FILE_ROW("supervision/inspections.yaml", supervision_inspections),
    FILE_ROW("supervision/programme.yaml", supervision_programme),
    FILE_ROW("texts/followups.yaml", texts_followups),
    FILE_ROW("texts/incidents.yaml", texts_incidents),
    FILE_ROW("texts/inspections.yaml", texts_inspections),
    FILE_ROW("texts/meetings.yaml", texts_meetings),
    FILE_ROW("texts/programme.yaml", texts_programme),
    FILE_ROW("texts/coaching.yaml", texts_coaching),
    FILE_ROW("supervision/watch.yaml", supervision_watch),
    FILE_ROW("reports/verify.py", reports_verify),
    FILE_ROW("reports/yearly.yaml", reports_yearly),
    FILE_ROW("texts/yearly.yaml", texts_yearly),
    FILE_ROW("texts/report.yaml", texts_report),
    FILE_ROW("texts/submissions.yaml", texts_submissions),
    FILE_ROW("texts/supervisor.yaml", texts_supervisor),
    FILE_ROW("texts/survey.yaml", texts_survey),
    FILE_ROW("texts/watch.yaml", texts_watch),
    FILE_ROW("texts/web.yaml", texts_web),
    FILE_ROW("web/drawing.css", web_drawing_css),
    FILE_ROW("web/report.css", web_report_css),
    FILE_ROW("web/plumbline.css", web_plumbline_css),
    FILE_ROW("web/plumbline.js", web_plumbline_js),
    FILE_ROW("web/plumbline.svg", web_plumbline_svg),
};

long plumbline_pack_count(void) { return (long)(sizeof files / sizeof files[0]); }

plumbline_pack_file plumbline_pack(long index) { return files[index]; }
