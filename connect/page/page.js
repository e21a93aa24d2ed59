// The browser's work: find the number whose SHA-256 behind the salt is the challenge (ALTCHA v1), a little at a time, so that the page
// stays usable. When the work is enough by itself, the form is sent.
"use strict";
(() => {
  const work = document.getElementById("work"), other = document.getElementById("other");
  const state = document.getElementById("status"), bar = document.getElementById("progress");
  const most = Number(work.dataset.most), alone = work.dataset.alone === "true";

  // SHA-256 (FIPS 180-4). The blocks of the salt that are full are hashed once.
  const K = new Uint32Array(64), START = new Uint32Array(8);
  const part = (x) => ((x - Math.floor(x)) * 4294967296) >>> 0;
  for (let n = 2, i = 0; i < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) { prime = false; break; }
    if (!prime) continue;
    if (i < 8) START[i] = part(Math.sqrt(n));
    K[i++] = part(Math.cbrt(n));
  }
  const W = new Uint32Array(64);
  const compress = (h, bytes, at) => {
    for (let i = 0; i < 16; i++, at += 4) W[i] = bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3];
    for (let i = 16; i < 64; i++) {
      const x = W[i - 15], y = W[i - 2];
      W[i] = W[i - 16] + W[i - 7] + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10);
    }
    let [a, b, c, d, e, f, g, k] = h;
    for (let i = 0; i < 64; i++) {
      const s = k + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + K[i] + W[i] | 0;
      const t = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c) | 0;
      k = g; g = f; f = e; e = d + s | 0; d = c; c = b; b = a; a = s + t | 0;
    }
    h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e; h[5] += f; h[6] += g; h[7] += k;
  };

  const salt = new TextEncoder().encode(work.dataset.salt), full = salt.length - salt.length % 64;
  const middle = START.slice(), end = new Uint8Array(128), h = new Uint32Array(8);
  for (let at = 0; at < full; at += 64) compress(middle, salt, at);
  const fits = (n) => {
    const digits = String(n), rest = salt.length - full, long = rest + digits.length;
    end.fill(0);
    end.set(salt.subarray(full));
    for (let i = 0; i < digits.length; i++) end[rest + i] = digits.charCodeAt(i);
    end[long] = 0x80;
    const size = long < 56 ? 64 : 128, bits = (full + long) * 8;
    for (let i = 0; i < 4; i++) end[size - 1 - i] = bits >>> 8 * i;
    h.set(middle);
    for (let at = 0; at < size; at += 64) compress(h, end, at);
    return h.every((x, i) => x === want[i]);
  };
  const want = new Uint32Array(8).map((_, i) => parseInt(work.dataset.challenge.slice(8 * i, 8 * i + 8), 16));

  const found = (number) => {
    const d = work.dataset;
    const solution = { algorithm: "SHA-256", challenge: d.challenge, number, salt: d.salt, signature: d.signature };
    document.getElementById("altcha").value = btoa(JSON.stringify(solution));
    bar.value = 100;
    state.textContent = d.worked;
    if (alone) document.getElementById("form").submit();
  };

  let n = 0;
  const some = () => {
    for (const until = performance.now() + 25; performance.now() < until;) {
      for (let i = 0; i < 200; i++, n++) {
        if (n > most) {
          state.textContent = work.dataset.failed;
          if (other) other.open = true;
          return;
        }
        if (fits(n)) return found(n);
      }
    }
    bar.value = 100 * (1 - Math.exp(-2 * n / most)); // it may be found at any moment
    setTimeout(some, 0);
  };

  work.hidden = false;
  if (other && alone && work.dataset.wrong !== "true") other.open = false;
  setTimeout(some, 0);
})();
