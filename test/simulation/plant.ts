/** Defects as changes of texts, made as the modules are loaded: nothing of them is ever in the sources. */
import { registerHooks } from 'node:module';

export interface Edit {
  /** Module below src/. */
  readonly file: string;
  /** Stands in it once. */
  readonly from: string;
  readonly to: string;
}

/** To be called before the modules are imported. The answer throws where a text was not there, or not loaded. */
export function plant(name: string, edits: readonly Edit[]): () => void {
  const left = new Set(edits);
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const own = edits.filter((edit) => url.endsWith(`/src/${edit.file}`));
      if (own.length === 0) return loaded;
      let source = String(loaded.source);
      for (const edit of own) {
        const parts = source.split(edit.from);
        if (parts.length !== 2) {
          throw new Error(
            `${name}: its text is ${parts.length - 1} times in src/${edit.file}, and has to be there once: ${edit.from}`,
          );
        }
        source = parts.join(edit.to);
        left.delete(edit);
      }
      return { ...loaded, source };
    },
  });
  return () => {
    for (const { file } of left) throw new Error(`${name}: src/${file} is not loaded by the stories.`);
  };
}
