package io.sparklineage.plan.changes

import io.sparklineage.model.Fragment
import io.sparklineage.plan.PlanSuite
import io.sparklineage.plan.fragment.Fragments

import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan

class RowChangesSuite extends PlanSuite {
  private lazy val target: LogicalPlan = rows("t")
  private lazy val source: LogicalPlan = rows("s")

  private def rows(id: String): LogicalPlan = {
    import spark.implicits._
    analyzed(marked(Seq((1L, 10L, "a")).toDF("id", "amount", "state"), id))
  }

  private def t(name: String): Attribute = target.output.find(_.name == name).get
  private def s(name: String): Attribute = source.output.find(_.name == name).get
  private lazy val on: Expression = EqualTo(t("id"), s("id"))

  private def described(plan: LogicalPlan): Fragment =
    Fragments.describe("out", Set("t", "s"), plan, idsOf, (_, _) => ())

  private def uses(of: Fragment, column: String): Set[String] =
    PlanSuite.uses(of.definitions.find(_.column == column).get.inputs)

  private def update(amount: Expression, condition: Option[Expression] = None): MergeClause =
    MergeClause(
      "When matched then update",
      condition,
      Some(Seq("id" -> t("id"), "amount" -> amount, "state" -> t("state")))
    )

  private lazy val delete = MergeClause("When matched then delete", Some(EqualTo(s("state"), Literal("gone"))), None)
  private lazy val insert = MergeClause("When not matched then insert", None, Some(Seq("ID" -> s("id"))))

  private def merge(
      matched: Seq[MergeClause] = Nil,
      notMatched: Seq[MergeClause] = Nil,
      bySource: Seq[MergeClause] = Nil
  ): LogicalPlan = RowChanges.merge(Merge(target, source, on, matched, notMatched, bySource))

  test("a column is made by the clauses that set it, and is the table's own in the rows that none changes") {
    val got = described(merge(Seq(update(Multiply(s("amount"), Literal(2L)))), Seq(insert)))
    assert(got.columns.map(_.name) === Seq("id", "amount", "state"))
    assert(got.inputs.toSet === Set("t", "s"))
    assert(uses(got, "id") === Set("t.id IDENTITY", "s.id IDENTITY"))
    assert(uses(got, "amount") === Set("t.amount IDENTITY", "s.amount TRANSFORMATION"))
    assert(uses(got, "state") === Set("t.state IDENTITY")) // an insert gives NULL to what it does not name
    assert(PlanSuite.uses(got.indirect) === Set("t.id JOIN", "s.id JOIN"))
    assert(got.operators.head === "Merge")
    assert(got.operators.contains("When matched then update") && got.operators.contains("When not matched then insert"))
  }

  test("a delete gives no rows, and its condition decides on rows") {
    val got = described(merge(Seq(delete)))
    assert(uses(got, "amount") === Set("t.amount IDENTITY"))
    assert(PlanSuite.uses(got.indirect) === Set("t.id JOIN", "s.id JOIN", "s.state FILTER"))
  }

  test("a clause may add a column to the table") {
    val more = MergeClause("When not matched then insert", None, Some(Seq("id" -> s("id"), "note" -> s("state"))))
    val got = described(merge(notMatched = Seq(more)))
    assert(got.columns.map(_.name) === Seq("id", "amount", "state", "note"))
    assert(uses(got, "note") === Set("s.state IDENTITY"))
  }

  test("the hash is that of the clauses: their order, kinds, conditions and expressions") {
    val twice = update(Multiply(s("amount"), Literal(2L)))
    val some = update(Multiply(s("amount"), Literal(2L)), Some(GreaterThan(s("amount"), Literal(5L))))
    val plans = Seq(
      merge(Seq(twice)),
      merge(Seq(update(Multiply(s("amount"), Literal(3L))))),
      merge(Seq(some)),
      merge(Seq(delete, twice)),
      merge(Seq(twice, delete)),
      merge(Seq(twice), Seq(insert)),
      merge(bySource = Seq(update(Literal(0L)))),
      merge(Seq(update(Literal(0L)))),
      RowChanges.update(target, Seq(t("id"), Literal(0L), t("state")), None),
      RowChanges.update(target, Seq(t("id"), Literal(0L), t("state")), Some(GreaterThan(t("id"), Literal(3L)))),
      RowChanges.delete(target, None),
      RowChanges.delete(target, Some(GreaterThan(t("id"), Literal(3L)))),
      RowChanges.delete(target, Some(GreaterThan(t("id"), Literal(4L))))
    )
    assert(plans.map(described(_).planHash).distinct.length === plans.length)
    assert(described(merge(Seq(twice))).planHash === described(plans.head).planHash)
  }

  test("an update says what it sets where, and hands on the rest") {
    val condition = EqualTo(t("state"), Literal("a"))
    val values = Seq(t("id"), Add(t("amount"), t("id")), t("state"))
    val got = described(RowChanges.update(target, values, Some(condition)))
    assert(uses(got, "id") === Set("t.id IDENTITY"))
    assert(uses(got, "amount") === Set("t.amount TRANSFORMATION", "t.id TRANSFORMATION", "t.state CONDITIONAL"))
    assert(got.indirect.isEmpty)
  }

  test("a delete keeps the rows whose condition is NULL") {
    val got = described(RowChanges.delete(target, Some(GreaterThan(t("amount"), Literal(3L)))))
    assert(PlanSuite.uses(got.indirect) === Set("t.amount FILTER"))
    assert(got.operators.exists(_.contains("coalesce((amount > 3L), false)")) ||
      got.operators.exists(_.contains("coalesce((amount > 3), false)")))
  }
}
