/** One thing that is wrong with a definition, or with what is asked of it. */
export interface TaskDefinitionProblem {
  /** Stable, for machines: `misspelt-field`, `fargate-size`. */
  readonly code: string;
  /** JSON pointer into the definition; empty for the whole. */
  readonly pointer: string;
  /** One sentence: what is there, what is allowed. */
  readonly message: string;
  /** Where it stands when that is not the definition's own file. */
  readonly place?: SourcePlace;
}

/** A line (from 1) of a file of the workspace. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
}
