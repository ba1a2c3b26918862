/** The words of texts. Those at the front are drawn far more often than those at the end. */
const common = `task fix add update server user error test page api database query login build release deploy check report review
customer order payment invoice export import search index cache queue worker retry timeout webhook email template form field button layout
mobile desktop browser session token password account profile settings permission role admin dashboard chart table filter sort list detail
create delete rename move copy archive restore backup migrate upgrade downgrade install configure monitor alert log trace metric latency
throughput memory leak crash hang deadlock race condition thread process signal socket stream buffer file folder path upload download image
video audio document spreadsheet calendar event reminder notification message comment thread mention label tag milestone sprint backlog
estimate deadline priority urgent blocked waiting approved rejected draft published private public shared team member owner guest invite
billing subscription plan trial coupon refund tax currency exchange rate shipping address stock warehouse supplier product catalogue price
discount cart checkout receipt authentication authorization encryption certificate domain proxy gateway firewall container image volume
network cluster node replica shard partition snapshot schedule cron trigger pipeline stage artifact package version dependency license
documentation tutorial example guide reference glossary translation locale timezone format parse validate sanitize escape encode decode
compress archive hash signature verify rotate expire revoke refresh sync merge rebase branch commit patch diff conflict resolve review
prototype experiment survey interview analysis forecast budget contract proposal meeting agenda minutes decision risk incident postmortem
accessibility contrast keyboard focus screen reader caption colour font icon theme animation scroll drag drop zoom print`;

const onsets = [
  'b',
  'br',
  'c',
  'cl',
  'd',
  'dr',
  'f',
  'g',
  'gr',
  'h',
  'k',
  'l',
  'm',
  'n',
  'p',
  'pl',
  'r',
  's',
  'st',
  't',
  'tr',
  'v',
  'z',
];
const middles = ['a', 'e', 'i', 'o', 'u', 'ai', 'ea', 'oo'];
const ends = ['l', 'n', 'r', 's', 't', 'x', 'nd', 'rk', 'st', 'm'];

/** Names of products, people and places, of which texts have many different ones, each rarely. */
function rare(count) {
  const words = new Set();
  for (let i = 0; words.size < count; i += 1) {
    const pick = (list, step) => list[Math.floor(i * step + i / list.length) % list.length];
    words.add(pick(onsets, 7) + pick(middles, 3) + pick(onsets, 11) + pick(middles, 5) + pick(ends, 3));
  }
  return [...words];
}

export const words = [...new Set(common.split(/\s+/)), ...rare(6_000)];

export const tags =
  `backend frontend bug feature docs infra security performance design research mobile billing legal support ops
data ml qa release urgent`.split(/\s+/);
