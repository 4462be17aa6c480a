/** What reading a Compose file brings up, besides the definition. */
import type { SourcePlace, TaskDefinitionProblem } from '../problem.ts';

/** Collects what is wrong; each problem with the place where it stands. */
export class Findings {
  readonly problems: TaskDefinitionProblem[] = [];
  readonly notices: string[] = [];

  refuse(code: string, place: SourcePlace | undefined, message: string): void {
    this.problems.push({ code, pointer: '', message, ...(place === undefined ? {} : { place }) });
  }

  notice(message: string): void {
    if (!this.notices.includes(message)) this.notices.push(message);
  }
}
