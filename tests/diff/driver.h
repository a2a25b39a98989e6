// driver.h - main of a converted program, included at its end. See schedule.h.
static int dt_check_end(int status)
{
    if (dt_guard_count != 0)
        dt_fail("a deferred statement did not run");
    if (dt_operands != 0)
        dt_fail("a suspended future was not dropped");
    if (getenv("DT_COUNT"))
        fprintf(stderr, "%lu\n", dt_suspensions);
    return status;
}

async int main(int argc, char **argv)
{
    const char *schedule = getenv("DT_SCHEDULE");
    if (schedule && strcmp(schedule, "never") == 0) {
        dt_schedule = DT_NEVER;
    } else if (schedule && strcmp(schedule, "always") != 0) {
        dt_schedule = DT_SEEDED;
        dt_random_state = strtoull(schedule, NULL, 10);
    }
    if (!getenv("DT_CANCEL"))
        return dt_check_end(await dt_main(argc, argv));

    dt_cancel_at = strtoul(getenv("DT_CANCEL"), NULL, 10);
    struct async_task *task = async_spawn(dt_main(argc, argv));
    while (!dt_parked && !async_task_done(task))
        await async_yield();
    async_cancel(task);
    int status = await async_task_join(task);
    async_detach(task);
    if (status != (dt_parked ? -ECANCELED : 0))
        dt_fail("a wrong status of the cancelled task");
    return dt_check_end(0);
}
