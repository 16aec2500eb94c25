import { feature } from "../feature.ts";
import { Jobs } from "./jobs.ts";
import { jobRoutes } from "./routes.ts";
import { JOB_COMMANDS, JOB_READ, JOBS_READ } from "./store.ts";

export type { Job, Jobs, Report, Tracked } from "./jobs.ts";
export { jobSchema } from "./routes.ts";

/** Long work: what runs, how far it is, and what became of it. */
export const jobs = feature({
  name: "jobs",
  reads: [JOBS_READ, JOB_READ],
  commands: Object.values(JOB_COMMANDS),
  async open({ engine }) {
    const jobs = new Jobs(engine.commands, engine.log);
    await jobs.interruptLeft();
    return {
      /** Where other features run their long work. */
      jobs,
      routes: jobRoutes({ jobs, answers: engine.answers }),
    };
  },
});
