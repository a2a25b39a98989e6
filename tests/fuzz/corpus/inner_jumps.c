// expect: translated
// Statement expressions that are left by jumps, none of them with an await.
#include <asyncc/async.h>
int p(int);
async int g(void);
#define TRY(e) ({ int r_ = (e); if (r_ < 0) return r_; r_; })
async int f(int x)
{
    int a = p(1) + TRY(p(x)) + p(2), b[] = {TRY(p(2)), ({ goto out; 1; })}, *c = &(int){TRY(p(2))};
    while (TRY(p(x)) > 2 && ({ if (x == 5) break; 1; }))
        x += TRY(p(x)) ? TRY(p(1)) : p(2);
    for (int i = TRY(p(0)); i < TRY(p(9)); i += TRY(p(1)))
        switch (TRY(p(i))) { case 1: continue; default: TRY(p(1)); }
    do x--; while (TRY(p(x)));
    x += (TRY(p(1)), sizeof(({ int z = 1; z; })), ({ l: if (x++ < 3) goto l; x; }));
    TRY(p(1)) + 1;
    (void)TRY(p(3));
    *c += TRY(p(1));
    b[TRY(p(0))] = TRY(p(1));
    static int s = 3;
    return await g() + a + TRY(p(1)) + s;
out:
    return TRY(p(4));
}
async void h(void) { ({ return; }); }
