// The data files of Packs/, embedded in the binary: the C compiler reads them with #embed and tracks them as dependencies.
#ifndef PLUMBLINE_CPACKS_H
#define PLUMBLINE_CPACKS_H

typedef struct {
    const char *name;
    const unsigned char *bytes;
    long length;
} plumbline_pack_file;

long plumbline_pack_count(void);
plumbline_pack_file plumbline_pack(long index);

#endif
