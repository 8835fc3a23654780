// The shortcodes that apps commonly write, and the characters people see for them.

const TABLE = `
white_check_mark ✅|heavy_check_mark ✔️|ballot_box_with_check ☑️|x ❌|negative_squared_cross_mark ❎|no_entry ⛔|no_entry_sign 🚫|warning ⚠️
information_source ℹ️|question ❓|exclamation ❗|grey_question ❔|bulb 💡|bell 🔔|no_bell 🔕|mega 📣|loudspeaker 📢|speech_balloon 💬
hourglass ⌛|hourglass_flowing_sand ⏳|alarm_clock ⏰|stopwatch ⏱️|clock1 🕐|calendar 📅|date 📅|spiral_calendar_pad 🗓️|pushpin 📌|round_pushpin 📍
lock 🔒|unlock 🔓|key 🔑|closed_lock_with_key 🔐|shield 🛡️|link 🔗|paperclip 📎|email 📧|envelope ✉️|inbox_tray 📥|outbox_tray 📤
incoming_envelope 📨|memo 📝|pencil ✏️|pencil2 ✏️|clipboard 📋|page_facing_up 📄|bar_chart 📊|chart_with_upwards_trend 📈
chart_with_downwards_trend 📉|file_folder 📁|card_index 📇|wastebasket 🗑️|package 📦|gear ⚙️|wrench 🔧|hammer_and_wrench 🛠️|mag 🔍|mag_right 🔎
arrows_counterclockwise 🔄|arrow_right ➡️|arrow_left ⬅️|arrow_up ⬆️|arrow_down ⬇️|leftwards_arrow_with_hook ↩️|repeat 🔁|recycle ♻️|back 🔙
rocket 🚀|tada 🎉|sparkles ✨|star ⭐|fire 🔥|zap ⚡|wave 👋|clap 👏|raised_hands 🙌|pray 🙏|handshake 🤝|muscle 💪|eyes 👀|ok_hand 👌
+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|point_right 👉|point_left 👈|point_up 👆|point_down 👇|raised_hand ✋|hand ✋|seat 💺|chair 🪑|ticket 🎫
smile 😄|slightly_smiling_face 🙂|grinning 😀|blush 😊|wink 😉|thinking_face 🤔|neutral_face 😐|cry 😢|disappointed 😞|sweat_smile 😅|sleeping 😴|zzz 💤
heart ❤️|green_heart 💚|blue_heart 💙|broken_heart 💔|moneybag 💰|dollar 💵|credit_card 💳|office 🏢|busts_in_silhouette 👥|bust_in_silhouette 👤
robot_face 🤖|ghost 👻|construction 🚧|rotating_light 🚨|red_circle 🔴|large_blue_circle 🔵|large_green_circle 🟢|large_yellow_circle 🟡
large_orange_circle 🟠|white_circle ⚪|black_circle ⚫|large_green_square 🟩|large_red_square 🟥|small_blue_diamond 🔹|small_orange_diamond 🔸
heavy_plus_sign ➕|heavy_minus_sign ➖|one 1️⃣|two 2️⃣|three 3️⃣|hash #️⃣|new 🆕|ok 🆗|sos 🆘|door 🚪|seedling 🌱|coffee ☕|sun_with_face 🌞|sunny ☀️
palm_tree 🌴|beach_with_umbrella 🏖️|birthday 🎂|trophy 🏆|medal 🏅|dart 🎯|books 📚|book 📖|bookmark 🔖|label 🏷️|scroll 📜|crystal_ball 🔮
double_vertical_bar ⏸️|pause_button ⏸️|black_square_for_stop ⏹️|arrow_forward ▶️|fast_forward ⏩|track_next ⏭️|arrow_right_hook ↪️|wheel_of_dharma ☸️
`;

const BY_NAME = new Map(
  TABLE.trim()
    .split(/[|\n]/)
    .map((entry) => entry.split(" ")),
);

/** The characters of a shortcode without its colons, or undefined. */
export const emoji = (name) => BY_NAME.get(name);
