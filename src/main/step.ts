/**
 * Which of an action's two steps this process is. `post.js` beside the bundle says that it is the second; a
 * mark in the action's state could not: a main step that was killed before it wrote one would be run again.
 */
export function isPostStep(): boolean {
  return (globalThis as Record<symbol, unknown>)[Symbol.for('ips-deploy-actions.post')] === true;
}
