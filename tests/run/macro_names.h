#define data 5
static int in_header(void)
{
    return data;
}
#undef data
