// Not async, but it includes the header all the same.
int other_plain(void);

int other_plain(void)
{
    return 8;
}
