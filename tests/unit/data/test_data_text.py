from evenhand.data.text import find_placeholders, normalised


def test_placeholders_in_five_rows_or_more_most_frequent_first():
    texts = ["[NAME] met [RELIGION]"] * 5 + ["[NAME]"] + ["[RARE]"] * 4 + ["[no] [X] [A1]"] * 9
    assert find_placeholders(texts) == ("[NAME]", "[RELIGION]")


def test_placeholder_twice_in_a_row_counts_once():
    assert find_placeholders(["[NAME] and [NAME]"] * 4) == ()


def test_placeholders_need_a_thousandth_of_the_rows():
    assert find_placeholders(["[NAME]"] * 5 + ["x"] * 4995) == ("[NAME]",)
    assert find_placeholders(["[NAME]"] * 5 + ["x"] * 4996) == ()


def test_at_most_sixteen_placeholders():
    marks = [f"[A{'B' * n}]" for n in range(1, 21)]
    assert len(find_placeholders([" ".join(marks)] * 5)) == 16


def test_normalised_text_ignores_case_and_blanks():
    assert normalised("  Straße\n IS\t long ") == "strasse is long"
