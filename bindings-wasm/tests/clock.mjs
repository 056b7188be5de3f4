// The clock, as from another time on: snapshots last for a day at most, and those of the tests were made for one day.

/** From now on it is this time, and it goes on from there. */
export function begin(time) {
  const now = Date.now;
  const ahead = Date.parse(time) - now();
  Date.now = () => now() + ahead;
}
