/* analyzer/notice/words.c - see words.h, which says what {1} and {2} take. */
#include "analyzer/notice/words.h"

const struct words notice_words[2] = {
    [LANGUAGE_JA] =
        {
            .tlp_line = "TLP:AMBER+STRICT （受領組織内で対応に必要な方に限り共有できます）",
            .drill_subject = "[訓練] ",
            .drill_line = "【訓練】これは訓練の通知です。実際の事案ではありません。",
            .subject = {"【検知通知】", "【検知通知・管理者向け】"},
            .dear = "{1}\n{2} 様",
            .opening =
                {"{1}です。{2}の通信の監視において、下記の事象を確認しましたので通知します。",
                 "{1}です。貴省が所管する{2}の通信の監視において、下記の事象を確認しましたので、"
                 "同組織への通知とあわせて連絡します。",
                 "{1}です。監視対象である{2}に下記の通知を行いましたので、写しを送付します。"},
            .number = "通知番号",
            .title = "件名",
            .object = "対象",
            .grade = "深刻度",
            .confidence = "確度",
            .period = "期間（日本時間）",
            .seen = "確認した通信（日本時間）",
            .seen_more = "ほか {1} 件の検知があります。\n",
            .judgement = "判断の理由",
            .others = "他組織での状況",
            .action = "お願いする対応",
            .deadline = "回答期限（日本時間）",
            .answer = "回答の方法",
            .answer_how =
                "このメールに返信し、本文の1行目に次のいずれかを書いてください: "
                "「確認済」「誤検知」「調査中」「封じ込め済」。件名の通知番号は残してください。"
                "監視コンソールでも回答できます。",
            .closing = "ご不明の点はこのメールへの返信でお問い合わせください。",
            .severity = {"", "1（最高）", "2（高）", "3（中）", "4（低）"},
            .confidences = {"低", "中", "高"},
            .others_counted = "ほか {1} 組織でも同様の事象を確認しています。",
            .others_named = "名称の共有に同意した組織: ",
            .others_none = "共有できる情報はありません。",
            .management_note =
                "技術的な詳細は、担当部署（CSIRT等）へ同時に送付した通知をご覧ください。"
                "本通知には通信の内容およびアドレスは含まれていません。",
            .plain_title = "センターの脅威情報と一致する通信",
            .plain_judgement =
                "センターが把握している脅威の情報と一致したため、攻撃に関わる通信と判断しました。",
            .plain_summary =
                "貴組織において、センターが把握している脅威の情報と一致する通信を確認しました。"
                "侵害の有無を確認するための調査と、必要な場合の業務への影響について、ご判断をお願い"
                "します。",
        },
    [LANGUAGE_EN] =
        {
            .tlp_line =
                "TLP:AMBER+STRICT (share only within the receiving organisation, with those "
                "who need it to respond)",
            .drill_subject = "[DRILL] ",
            .drill_line = "[DRILL] This notice is part of an exercise. Nothing of it is real.",
            .subject = {"[Notice] ", "[Notice to management] "},
            .dear = "{1}\nTo: {2}",
            .opening =
                {"This is the {1}. While monitoring the traffic of {2} we found what follows.",
                 "This is the {1}. While monitoring the traffic of {2}, which your ministry is "
                 "competent for, we found what follows. The organisation is told at the same time.",
                 "This is the {1}. This is a copy of a notice about {2}, which we monitor."},
            .number = "Notice number",
            .title = "Subject",
            .object = "Concerns",
            .grade = "Severity",
            .confidence = "Confidence",
            .period = "Period (Japan Standard Time)",
            .seen = "What was seen (Japan Standard Time)",
            .seen_more = "{1} more detections are not listed.\n",
            .judgement = "Why it is judged to be bad",
            .others = "Other organisations",
            .action = "What we ask you to do",
            .deadline = "Answer by (Japan Standard Time)",
            .answer = "How to answer",
            .answer_how =
                "Reply to this mail with one of these in the first line: confirmed, false "
                "positive, investigating, contained. Keep the notice number in the "
                "subject. The monitoring console takes answers too.",
            .closing = "For questions, reply to this mail.",
            .severity = {"", "1 (highest)", "2 (high)", "3 (medium)", "4 (low)"},
            .confidences = {"low", "medium", "high"},
            .others_counted = "Other organisations where the same was seen: {1}",
            .others_named = "Organisations that agreed to be named: ",
            .others_none = "There is nothing that may be shared.",
            .management_note =
                "Technical details are in the notice sent at the same time to the "
                "department in charge (CSIRT). This notice holds neither contents of "
                "traffic nor addresses.",
            .plain_title = "Traffic that matches what the centre knows of attackers",
            .plain_judgement =
                "It matches what the centre knows of attackers, and is judged to belong "
                "to an attack.",
            .plain_summary =
                "Traffic that matches what the centre knows of attackers was found at your "
                "organisation. Please decide on the investigation needed to find out whether "
                "systems are compromised, and on the effect on operations where that is needed.",
        },
};
