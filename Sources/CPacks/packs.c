// One #embed and one table row for each file of Packs/. A test compares the table with the folder.
#include "cpacks.h"

#if defined(__clang__)
#pragma clang diagnostic ignored "-Wc23-extensions"
#endif

static const unsigned char cnfa_2022[] = {
#embed "../../Packs/rulebooks/cnfa-2022.yaml"
};
static const unsigned char twse_2018[] = {
#embed "../../Packs/rulebooks/twse-2018.yaml"
};
static const unsigned char facts_linux[] = {
#embed "../../Packs/facts/linux.yaml"
};

#define FILE_ROW(name, data) {name, data, sizeof data}

static const plumbline_pack_file files[] = {
    FILE_ROW("rulebooks/cnfa-2022.yaml", cnfa_2022),
    FILE_ROW("rulebooks/twse-2018.yaml", twse_2018),
    FILE_ROW("facts/linux.yaml", facts_linux),
};

long plumbline_pack_count(void) { return (long)(sizeof files / sizeof files[0]); }

plumbline_pack_file plumbline_pack(long index) { return files[index]; }
