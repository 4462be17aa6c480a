// src/report/count.ts
/** `12,345`. */
function formatCount(count) {
	return Number.isInteger(count) && count >= 0 && count < 1e3 ? `${count}` : count.toLocaleString("en-US");
}
export { formatCount };
