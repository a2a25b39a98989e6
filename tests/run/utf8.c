// Identifiers and text outside ASCII.
// no-tcc: no identifiers outside ASCII
#include <stdio.h>
#include <asyncc/task.h>
#include <asyncc/async.h>

#define VERSUCHE(ausdruck) do { int ergebnis_ = await ausdruck; if (ergebnis_ < 0) return ergebnis_; } while (0)

struct größe { int länge, breite; };

static async int naïve(int größe)
{
    await async_yield(); // schläft für immer… fast
    return größe;
}

static async struct größe 大きさ(int п)
{
    const char *текст = "žluťoučký kůň 🐎";
    int änderung = await naïve(п);
    defer printf("%s ü\n", текст);
    await async_yield();
    return (struct größe){ änderung, .breite = await naïve(2) };
}

static async int prüfe(void)
{
    VERSUCHE(naïve(1));
    /* ÄÖÜ */ int x = await naïve('\xe4' & 1) + /* ß */ (await 大きさ(7)).länge; printf("é %d\n", x); await async_yield();
    return x;
}

async int main(void)
{
    printf("%d\n", await prüfe());
    return 0;
}
