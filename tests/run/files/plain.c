// Not async, not translated.
int plain(void);

int plain(void)
{
    return 42;
}
